"""Registering afterwards (efterregistrering): a group, and a dose where one was given, for many people in a row.

A :class:`~mv.registration.entry.RegistrationEntry` is validated by pure functions in :mod:`~mv.registration.validation`
and saved by :mod:`~mv.registration.saving` in one transaction. Entries that are saved together are a round
(:mod:`~mv.registration.rounds`), and can be undone one by one or together (:mod:`~mv.registration.undo`). They come
from the keyboard, a pasted list, the day's bookings or a file (:mod:`~mv.registration.file_import`).
"""
