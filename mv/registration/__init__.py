"""Registering afterwards (efterregistrering): a group, and a dose where one was given, for one person after the other.

What is to be registered is a :class:`~mv.registration.entry.Terms`; whether it can be is judged by
:mod:`~mv.registration.validation`, on what is known of the person, and written by :mod:`~mv.registration.saving`, all
of
it in one transaction. Rows that were registered together are a registration, and can be undone one by one or together.
"""
