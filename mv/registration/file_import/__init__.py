"""Import files of people: read them, preview the plan, and save all of it or nothing."""
