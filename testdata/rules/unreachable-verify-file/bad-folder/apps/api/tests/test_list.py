# here already
