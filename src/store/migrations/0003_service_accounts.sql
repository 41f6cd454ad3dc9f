-- Service accounts of the configuration: the password, where the bridge keeps it; who the account is over there, once it has signed in
-- (its tokens are a legacy grant like those of people); and the sign-in under way. `refused` tells which password was refused, so that
-- it is not tried again.

CREATE TABLE service_accounts (
    name TEXT PRIMARY KEY,
    password BYTEA,
    generation BIGINT NOT NULL,
    account TEXT REFERENCES accounts (id),
    user_name TEXT,
    signed_in_at BIGINT,
    lease TEXT,
    leased_until BIGINT,
    failures BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    refused BYTEA,
    refused_why TEXT,
    refused_at BIGINT,
    updated_at BIGINT NOT NULL
);
