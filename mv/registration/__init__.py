"""Registering afterwards (efterregistrering): a group, and a dose where one was given, for one person after the other.

What is to be registered is a :class:`~mv.registration.terms.Terms`; whether it can be is judged by
:mod:`~mv.registration.judging`, on what is known of the person, and written by :mod:`~mv.registration.saving`, all of
it in one transaction. Rows that were registered together are a registration, and can be undone one by one or together.
"""
