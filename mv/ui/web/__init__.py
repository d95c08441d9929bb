"""What stands between the network and the pages: who gets in, which headers go out, what errors tell."""
