// here already
