"""What readers get: tables, figures, one HTML report, the reproduction page."""
