"""What the dashboard is made of: expressions, panels, rows, and their places on the page."""
