/** Plain: the same function without byname, given the address. */
export const handler = async (): Promise<string> => (await fetch(process.env.ORDERS_URL!)).text();
