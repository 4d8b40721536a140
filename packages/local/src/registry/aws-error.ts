/** An error as AWS answers it: `__type` and message in the body, and an HTTP status. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;
  /** Further members of the error's shape, such as `ServiceId`. */
  readonly details: Readonly<Record<string, string>>;

  constructor(type: string, message: string, details: Record<string, string> = {}, status = 400) {
    super(message);
    this.name = type;
    this.type = type;
    this.status = status;
    this.details = details;
  }
}

export const invalid = (message: string) => new AwsError("InvalidInput", message);
