"""Dragon tower: nine rows up, an egg under each step or a dragon."""
