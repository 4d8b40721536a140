import { createByname } from "byname";
import type { Open } from "../contenders.ts";
import { toZone } from "./byname.ts";

/** byname as it comes, on Node's own fetch. */
export const open: Open = (where) => {
  const byname = createByname(toZone(where));
  return {
    async call(path) {
      const response = await byname.fetch(`http://orders${path}`);
      await response.arrayBuffer();
      return response.status;
    },
    close: () => byname.destroy(),
  };
};
