"""The screen of the queue of doses to correct."""
