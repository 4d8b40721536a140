import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Database: what all instances of one service share. SQLite here; a table of their own in AWS. */
export function openDatabase(service: string, schema: string): DatabaseSync {
  const path = process.env.STORE_DATA ? join(process.env.STORE_DATA, `${service}.db`) : ":memory:";
  const database = new DatabaseSync(path, { timeout: 5_000 });
  // Nothing has to outlive the machine, so no write waits for the disk.
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${schema}`);
  return database;
}

/** All of it or nothing, and nobody else meanwhile. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
