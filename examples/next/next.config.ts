import type { NextConfig } from "next";

const config: NextConfig = {
  // Loaded from node_modules as they are, and not compiled into each entry: `next build` is done sooner.
  serverExternalPackages: ["@byname/next", "byname"],
};

export default config;
