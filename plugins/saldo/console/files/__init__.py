"""Files of people: which there are and how they stand, what is wrong with one, a look now, a workbook to fill in."""
