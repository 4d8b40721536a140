/** The command was called with what it cannot use: told in one line, exit code 2. */
export class WrongUsage extends Error {}
