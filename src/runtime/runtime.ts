/** Runtime: where this process runs, as far as its environment tells without asking anyone. */
export interface Runtime {
  /** A task of ECS (Fargate included), a Lambda function, or any other host. */
  readonly kind: "ecs" | "lambda" | "host";
  readonly region?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Both variables are reserved by AWS, while AWS_EXECUTION_ENV can be set by anyone
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
 */
export function detectRuntime(env: Env): Runtime {
  const kind = env.AWS_LAMBDA_FUNCTION_NAME ? "lambda" : env.ECS_CONTAINER_METADATA_URI_V4 ? "ecs" : "host";
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return { kind, ...(region ? { region } : {}) };
}
