#!/usr/bin/env node
import { runLocal } from "./command.ts";

await runLocal(process.argv.slice(2));
