"""What all HTTP ports share."""
