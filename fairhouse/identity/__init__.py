"""Who somebody is: players, guests, staff, credentials, sessions and second factors."""
