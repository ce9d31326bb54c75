"""What currencies cost, day by day: the same for all banks that publish it, and for nobody's books."""
