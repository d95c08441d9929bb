"""Screens: the queue of doses to correct."""
