"""The data service of Norges Bank, played."""
