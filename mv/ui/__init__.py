"""What the pages share: the session, the store, the texts and the widgets."""
