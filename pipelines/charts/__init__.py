"""Charts of accounts shipped with kontoklar, one TOML file each."""
