"""Results: what respondents say of a centre, beside its region and the nation, and what it does well."""
