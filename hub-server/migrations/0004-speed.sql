-- To rank hits, search vectors are read by the hundred: where they fit they stay in their rows, uncompressed.
-- Rows that are there already move at their next update.
ALTER TABLE skills ALTER COLUMN search SET STORAGE MAIN;
ALTER TABLE skills SET (toast_tuple_target = 8160);

-- An account's used bytes are summed at each publication: from the index alone.
DROP INDEX versions_account;
CREATE INDEX versions_account ON versions (account_id) INCLUDE (size_bytes);
