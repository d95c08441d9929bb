"""Files of bookings that a booking system makes: tables (CSV, XLSX) and calendars (iCalendar, RFC 5545).

All of a file is saved or nothing, and the same file again changes nothing. See docs/bookings.md.
"""
