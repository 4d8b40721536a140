import { expect, test } from "vitest";
import { detectRuntime } from "./runtime.ts";

const ecs = { ECS_CONTAINER_METADATA_URI_V4: "http://169.254.170.2/v4/abc" };
const lambda = { AWS_LAMBDA_FUNCTION_NAME: "orders" };

test.each([
  ["an ECS task", ecs, "ecs"],
  ["a Lambda function", lambda, "lambda"],
  ["both, as an emulator in a task may have it", { ...ecs, ...lambda }, "lambda"],
  ["a host", {}, "host"],
  ["what anyone can set", { AWS_EXECUTION_ENV: "AWS_ECS_FARGATE" }, "host"],
  ["variables that are empty", { ECS_CONTAINER_METADATA_URI_V4: "", AWS_LAMBDA_FUNCTION_NAME: "" }, "host"],
])("%s", (_what, env, kind) => expect(detectRuntime(env)).toEqual({ kind }));

test.each([
  [{ AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "us-east-1" }, "eu-west-1"],
  [{ AWS_REGION: "", AWS_DEFAULT_REGION: "us-east-1" }, "us-east-1"],
])("the region of %j is %s", (env, region) => expect(detectRuntime(env)).toEqual({ kind: "host", region }));
