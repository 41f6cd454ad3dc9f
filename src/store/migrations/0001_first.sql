-- The first schema, for SQLite and PostgreSQL alike. Times are seconds since the epoch, digests are SHA-256 in base64url,
-- sets and records are JSON, secrets are digests or sealed.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    connector TEXT NOT NULL,
    legacy_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    claims TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (connector, legacy_id)
);

CREATE TABLE login_sessions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    cookie TEXT NOT NULL UNIQUE,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    acr TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE INDEX login_sessions_expires_at ON login_sessions (expires_at);
CREATE INDEX login_sessions_ended_at ON login_sessions (ended_at) WHERE ended_at IS NOT NULL;

-- "authorization" is a reserved word in PostgreSQL, hence "grounds" in these three tables.
CREATE TABLE codes (
    digest TEXT PRIMARY KEY,
    grounds TEXT NOT NULL,
    redirect_uri TEXT,
    challenge TEXT,
    nonce TEXT,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_as TEXT
);
CREATE INDEX codes_expires_at ON codes (expires_at);

-- client, account and session repeat what grounds says, so that they can be searched.
CREATE TABLE token_families (
    id TEXT PRIMARY KEY,
    grounds TEXT NOT NULL,
    client TEXT NOT NULL,
    account TEXT,
    session TEXT,
    bound_to TEXT NOT NULL,
    refresh_handle TEXT UNIQUE,
    refresh_current TEXT,
    refresh_previous TEXT,
    generation BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    successor BYTEA,
    successor_used BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revocation_reason TEXT
);
CREATE INDEX token_families_session ON token_families (session);
CREATE INDEX token_families_account_client ON token_families (account, client);
CREATE INDEX token_families_expires_at ON token_families (expires_at);

CREATE TABLE opaque_tokens (
    digest TEXT PRIMARY KEY,
    grounds TEXT NOT NULL,
    family TEXT,
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX opaque_tokens_expires_at ON opaque_tokens (expires_at);

CREATE TABLE revoked_tokens (
    jti TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at);

CREATE TABLE consents (
    account TEXT NOT NULL REFERENCES accounts (id),
    client TEXT NOT NULL,
    scope TEXT NOT NULL,
    claims TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account, client)
);

-- A key succeeds one other key of its algorithm (the first succeeds '').
CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    algorithm TEXT NOT NULL,
    succeeds TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    retired_at BIGINT,
    UNIQUE (algorithm, succeeds)
);

CREATE TABLE used_assertions (
    client TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client, jti)
);
CREATE INDEX used_assertions_expires_at ON used_assertions (expires_at);

CREATE TABLE attempts (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    blocked_until BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX attempts_expires_at ON attempts (expires_at);
