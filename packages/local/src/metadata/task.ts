import { random } from "../registry/ids.ts";

/**
 * A task as its metadata endpoint tells of it.
 * "Amazon ECS task metadata version 4 JSON response examples for Fargate" in the ECS developer guide.
 */
export interface Task {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** The ECS service it belongs to; a task that was run alone has none. */
  readonly service?: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly region: string;
  readonly account: string;
  /** The name of the proxy's container, where Service Connect runs in the task. */
  readonly proxyContainer?: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

const cluster = "local";

/** ECS names it so: five random characters at the end. */
export function newProxyContainer(): string {
  return `ecs-service-connect-${random(5)}`;
}

/** What `/task` answers. */
export function taskBody(task: Task): object {
  const { id, service, proxyContainer } = task;
  const family = service ?? "app";
  return {
    Cluster: arn(task, `cluster/${cluster}`),
    TaskARN: arn(task, `task/${cluster}/${id}`),
    Family: family,
    Revision: "1",
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    ...(service !== undefined && { ServiceName: service }),
    Limits: { CPU: 0.25, Memory: 512 },
    PullStartedAt: new Date(task.startedAt).toISOString(),
    PullStoppedAt: new Date(task.startedAt).toISOString(),
    AvailabilityZone: task.zone,
    AvailabilityZoneID: task.zoneId,
    LaunchType: "FARGATE",
    Containers: [
      containerBody(task),
      // Tools have failed because they took for granted that the proxy's container shows a network: it has none.
      ...(proxyContainer === undefined ? [] : [container(task, proxyContainer, "service-connect-agent")]),
    ],
  };
}

/** What the endpoint itself answers: the container that asks. */
export function containerBody(task: Task): object {
  const network = { NetworkMode: "awsvpc", IPv4Addresses: ["127.0.0.1"], PrivateDNSName: hostName(task) };
  return { ...container(task, "app", "app"), Networks: [network] };
}

function container(task: Task, name: string, image: string): object {
  const { id, service = "app" } = task;
  return {
    DockerId: `${id}-${name === "app" ? "0000000001" : "0000000002"}`,
    Name: name,
    DockerName: name,
    Image: `${image}:latest`,
    Labels: {
      "com.amazonaws.ecs.cluster": arn(task, `cluster/${cluster}`),
      "com.amazonaws.ecs.container-name": name,
      "com.amazonaws.ecs.task-arn": arn(task, `task/${cluster}/${id}`),
      "com.amazonaws.ecs.task-definition-family": service,
      "com.amazonaws.ecs.task-definition-version": "1",
    },
    DesiredStatus: "RUNNING",
    KnownStatus: "RUNNING",
    Limits: { CPU: 2 },
    CreatedAt: new Date(task.startedAt).toISOString(),
    StartedAt: new Date(task.startedAt).toISOString(),
    Type: "NORMAL",
    ContainerARN: arn(task, `container/${cluster}/${id}/${name}`),
  };
}

function arn({ region, account }: Task, resource: string): string {
  return `arn:aws:ecs:${region}:${account}:${resource}`;
}

function hostName({ region }: Task): string {
  return `ip-127-0-0-1.${region}.compute.internal`;
}
