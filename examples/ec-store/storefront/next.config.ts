import type { NextConfig } from "next";

const config: NextConfig = {
  // What byname loads on first use stays in node_modules, so that the build is done sooner. The packages of this
  // workspace are linked, and Next.js compiles those in any case; installed ones would be named here themselves.
  serverExternalPackages: ["@aws-sdk/client-servicediscovery", "undici"],
  experimental: {
    turbopackFileSystemCacheForBuild: false,
    turbopackMinify: false,
    turbopackSourceMaps: false,
  },
  // Types are checked with all others (`npm run types`).
  typescript: { ignoreBuildErrors: true },
};

export default config;
