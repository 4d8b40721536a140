/** Story: a fault that takes its time. Its name and outcome stand in the docs; the test of that name tells it. */
export interface Story {
  readonly name: string;
  readonly outcome: string;
}

export const stories = {
  replaced: {
    name: "A task is replaced under load, and leaves the lists before it stops",
    outcome: "Every request is answered, and each reached a task once.",
  },
  killed: {
    name: "A task is killed under load",
    outcome:
      "Every request that may be repeated is answered. Of the others, those that the task had are lost (`BYNAME_REQUEST`) and are not sent again.",
  },
  flapping: {
    name: "A task dies and comes back again and again, under load",
    outcome: "As above, each time it dies.",
  },
  frozen: {
    name: "The caller is frozen, and its task is replaced meanwhile",
    outcome:
      "The first requests are answered, also those that may not be repeated, and each reached the new task once.",
  },
  vanished: {
    name: "The caller is frozen, and its task's address does not answer any more",
    outcome: "As above; connecting to the old address is given up within the deadline.",
  },
  wayBack: {
    name: "The proxy comes back",
    outcome:
      "One request tries it, a second after it failed at the earliest, while all others go directly. All follow when that one was answered.",
  },
  notYetBack: {
    name: "The proxy is still away when it is tried",
    outcome:
      "The request that tried it is answered directly, and the next trial is twice as far away, up to 30 s.",
  },
} as const satisfies Record<string, Story>;
