-- Version 1. Times are nanoseconds since 1970 (the farthest that fit where they do not); a row's exact times are in its `row`.
-- `row` is the row as JSON, packed (see pack.rs); the other columns are there to find it by.

-- The log. `text` is the line up to its hash; `latest` is the latest time so far, so it never falls.
CREATE TABLE event (
  number INTEGER PRIMARY KEY,
  latest INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX event_kind ON event (kind);
CREATE INDEX event_subject ON event (subject);

-- The end of the log, so that a tail that was cut off is missed.
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  latest INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, -9223372036854775808, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_until ON delivery (until);

-- Narrow and sorted by key; the texts lie apart, in the order in which they came, so that looking for findings reads no texts.
-- Every index is one more page written for a finding that comes: what has few values (control, severity, action, team) has none, for
-- going through a million of these rows takes a tenth of a second.
CREATE TABLE finding (
  key TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  severity TEXT NOT NULL,
  action TEXT,
  team TEXT,
  decide_at INTEGER,
  over_at INTEGER,
  body INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  control TEXT NOT NULL,
  resource TEXT NOT NULL,
  title TEXT NOT NULL,
  finding_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_decide_at ON finding (decide_at) WHERE decide_at IS NOT NULL;
CREATE INDEX finding_over_at ON finding (over_at) WHERE over_at IS NOT NULL;
CREATE INDEX finding_account ON finding (account_id);
CREATE INDEX finding_resource ON finding (resource);
CREATE TABLE finding_body (
  id INTEGER PRIMARY KEY,
  row BLOB NOT NULL
) STRICT;

CREATE TABLE ticket (
  key TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  team TEXT,
  destination TEXT NOT NULL,
  project TEXT,
  grouped TEXT NOT NULL,
  wanted_at INTEGER NOT NULL,
  due_at INTEGER,
  over_at INTEGER,
  row BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_due_at ON ticket (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ticket_over_at ON ticket (over_at) WHERE over_at IS NOT NULL;
CREATE INDEX ticket_wanted_at ON ticket (destination, project, wanted_at);
CREATE INDEX ticket_group ON ticket (grouped);
CREATE INDEX ticket_account ON ticket (account_id);
CREATE INDEX ticket_state ON ticket (state);

CREATE TABLE remediation (
  key TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  row BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX remediation_state ON remediation (state);

-- `due_at` only while the job waits, `done_at` only once it is done.
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  queue TEXT NOT NULL,
  state TEXT NOT NULL,
  destination TEXT NOT NULL,
  fence INTEGER NOT NULL,
  due_at INTEGER,
  leased_until INTEGER,
  done_at INTEGER,
  row BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_due_at ON job (queue, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX job_done_at ON job (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX job_queue ON job (queue, state);
CREATE INDEX job_state ON job (state) WHERE state <> 'done';

CREATE TABLE attempt (
  job TEXT NOT NULL,
  number INTEGER NOT NULL,
  row BLOB NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  row BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key (
  arn TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  state TEXT,
  kind TEXT NOT NULL,
  names TEXT NOT NULL,
  row BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_account ON key (account_id);

-- What changed of a key: within one reading, the last field first.
CREATE TABLE key_change (
  id INTEGER PRIMARY KEY,
  arn TEXT NOT NULL,
  row BLOB NOT NULL
) STRICT;
CREATE INDEX key_change_arn ON key_change (arn);

CREATE TABLE worker (
  name TEXT PRIMARY KEY,
  row BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE value (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
