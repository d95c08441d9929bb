"""Customer groups for vaccination clinics: who was vaccinated, in which group, and who pays."""
