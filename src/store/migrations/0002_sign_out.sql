-- Who takes part in a session and has to hear of its end, the vault of legacy tokens, and what a sign-in from the legacy site leaves
-- for a moment.

ALTER TABLE login_sessions ADD COLUMN agent TEXT;
ALTER TABLE login_sessions ADD COLUMN address TEXT;
CREATE INDEX login_sessions_account ON login_sessions (account);
CREATE INDEX login_sessions_last_seen ON login_sessions (last_seen) WHERE ended_at IS NULL;

-- When the legacy system last said that this person is still good, and when it was last asked.
ALTER TABLE accounts ADD COLUMN alive_at BIGINT;
ALTER TABLE accounts ADD COLUMN asked_at BIGINT;

CREATE TABLE participants (
    session TEXT NOT NULL REFERENCES login_sessions (id) ON DELETE CASCADE,
    client TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (session, client)
);

-- A logout token that has to reach a client. It is signed when it is sent, so that it is never old. A row is delivered by whoever
-- holds its lease.
CREATE TABLE logout_outbox (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    session TEXT NOT NULL,
    account TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease TEXT,
    leased_until BIGINT,
    settled_at BIGINT,
    outcome TEXT,
    trouble TEXT
);
CREATE INDEX logout_outbox_due_at ON logout_outbox (due_at) WHERE settled_at IS NULL;
CREATE INDEX logout_outbox_session ON logout_outbox (session);
CREATE INDEX logout_outbox_settled_at ON logout_outbox (settled_at) WHERE settled_at IS NOT NULL;

-- One person's tokens of one legacy client ('' where the legacy system knows no client). The generation grows with every change, so
-- that of two who change it one is first.
CREATE TABLE legacy_grants (
    account TEXT NOT NULL REFERENCES accounts (id),
    legacy_client TEXT NOT NULL,
    generation BIGINT NOT NULL,
    access BYTEA NOT NULL,
    refresh BYTEA,
    usable_until BIGINT NOT NULL,
    lease TEXT,
    leased_until BIGINT,
    failures BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account, legacy_client)
);

-- What a hand-over of the legacy site was redeemed for, until the browser that brought it comes back with its handle.
CREATE TABLE handovers (
    digest TEXT PRIMARY KEY,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX handovers_expires_at ON handovers (expires_at);
