-- Everything a store holds, in one file, so that lease, ledger and ciphertext commit together.
-- Numbers that the server counts are INTEGER; bytes that it does not look into are BLOB. Columns
-- named crc hold a checksum over other columns, see storage/sqlite/row_check.h.

-- One row, written once.
CREATE TABLE genesis (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  log BLOB NOT NULL CHECK (length(log) = 8),  -- which ledger; big-endian
  origin TEXT NOT NULL
) STRICT;

-- One row, replaced by every commit: the head of the tree, the clock's mark, and up to where the
-- rows of `snapshot` are folded.
CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL CHECK (size >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  mark_unix_ms INTEGER NOT NULL,
  mark_boot_id TEXT NOT NULL,
  mark_since_boot_ms INTEGER NOT NULL,
  snapshot_through INTEGER NOT NULL CHECK (snapshot_through >= 0),
  snapshot_digest BLOB NOT NULL CHECK (length(snapshot_digest) = 32)
) STRICT;

-- The ledger: the bytes as they are hashed. Keys come in order, so a commit touches the last page
-- only; a table with random keys wrote twelve times the bytes. crc is over both others:
-- it names a damaged entry, where the tree only tells that there is one.
CREATE TABLE entries (
  idx INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL,
  crc INTEGER NOT NULL
) STRICT;

-- Cleartext behind text_defined entries. Erased: salt and text are NULL.
CREATE TABLE texts (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  salt BLOB,
  text BLOB
) STRICT;

CREATE TABLE bodies (
  hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
  body BLOB NOT NULL
) STRICT;

-- Ciphertext of secrets. Destroyed: wrapped_key, ciphertext and sealed_crc, which is over them, are
-- NULL. crc is over the other columns. field_names holds one name a line.
CREATE TABLE versions (
  secret INTEGER NOT NULL,
  number INTEGER NOT NULL,
  key_number INTEGER NOT NULL,
  wrapped_key BLOB,
  ciphertext BLOB,
  field_names TEXT NOT NULL,
  crc INTEGER NOT NULL,
  sealed_crc INTEGER,
  PRIMARY KEY (secret, number)
) STRICT;

-- The vault's keys, sealed.
CREATE TABLE keys (
  class INTEGER NOT NULL,
  number INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (class, number)
) STRICT;

-- Full tiles of the Merkle tree. id = level * 2^56 + number: one integer key keeps a tile in one
-- row without a second index.
CREATE TABLE tiles (
  id INTEGER PRIMARY KEY,
  hashes BLOB NOT NULL CHECK (length(hashes) = 8192)
) STRICT;

-- Which ids a block of 1,024 entries mentions.
CREATE TABLE summaries (
  block INTEGER PRIMARY KEY,
  summary BLOB NOT NULL
) STRICT;

-- The folded state, a section for each kind of row ("watermarks", ...).
CREATE TABLE snapshot (
  section TEXT NOT NULL,
  key BLOB NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (section, key)
) STRICT, WITHOUT ROWID;
