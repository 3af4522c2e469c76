"""What all ports share that speak HTTP."""
