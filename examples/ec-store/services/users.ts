import { Refusal, serve } from "./serve.ts";
import type { User } from "./shop.ts";

/** Users: who buys, and at what discount. */
const users: readonly User[] = [
  { id: "ada", name: "Ada", discount: 10 },
  { id: "grace", name: "Grace", discount: 5 },
  { id: "linus", name: "Linus", discount: 0 },
];

serve({
  "GET /users": () => users,
  "GET /users/:id": ({ params }) => {
    const user = users.find(({ id }) => id === params.id);
    if (!user) throw new Refusal(404, `no user "${params.id}"`);
    return user;
  },
});
