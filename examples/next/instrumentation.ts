import { register as registerByname } from "@byname/next";

export async function register() {
  await registerByname({ services: { orders: {}, users: {} } });
}
