/** Empty: a function that does nothing. */
export const handler = async (): Promise<string> => "ok";
