import type { Command, Option } from "commander";
import { WrongUsage } from "./wrong-usage.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** Completion: a script for a shell, made of the commands and options that there are. */
export function completion(program: Command, shell: string): string {
  switch (shell) {
    case "bash":
      return bash(program);
    case "zsh":
      return `#compdef ${program.name()}\nautoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;
    case "fish":
      return fish(program);
    default:
      throw new WrongUsage(`completion: got "${shell}"; write one of ${shells.join(", ")}`);
  }
}

function bash(program: Command): string {
  const name = program.name();
  const cases = program.commands.map(
    (command) =>
      `    ${command.name()}) words="${[...argumentsOf(command), ...flagsOf(command)].join(" ")}" ;;`,
  );
  return `_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words
  case "$previous" in
${valueCases(program)}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${[...program.commands.map((command) => command.name()), ...flagsOf(program)].join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ "$COMP_CWORD" = 1 ] || [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _${name} ${name}
`;
}

/** What may follow an option: its choices, a file where it takes one, else nothing that could be known. */
function valueCases(program: Command): string {
  const options = program.commands.flatMap((command) => [...command.options]);
  const valued = new Map(options.filter(takesValue).map((option) => [option.long, option]));
  return [...valued.values()]
    .map((option) => `    ${flagsIn(option).join("|")}) COMPREPLY=(${words(option)}); return ;;`)
    .join("\n");
}

function words(option: Option): string {
  if (option.argChoices) return `$(compgen -W "${option.argChoices.join(" ")}" -- "$current")`;
  return takesFile(option) ? '$(compgen -f -- "$current")' : "";
}

function fish(program: Command): string {
  const name = program.name();
  const none = "__fish_use_subcommand";
  const lines = program.commands.flatMap((command) => [
    `complete -c ${name} -f -n ${none} -a ${command.name()} -d ${quoted(command.summary() || command.description())}`,
    ...argumentsOf(command).map(
      (choice) =>
        `complete -c ${name} -f -n ${quoted(`__fish_seen_subcommand_from ${command.name()}`)} -a ${choice}`,
    ),
    ...command.options.map((option) => {
      const long = option.long ? ` -l ${option.long.slice(2)}` : "";
      const short = option.short ? ` -s ${option.short.slice(1)}` : "";
      const value = option.argChoices
        ? ` -x -a ${quoted(option.argChoices.join(" "))}`
        : takesFile(option)
          ? " -r"
          : takesValue(option)
            ? " -x"
            : "";
      const when = quoted(`__fish_seen_subcommand_from ${command.name()}`);
      return `complete -c ${name} -n ${when}${long}${short}${value} -d ${quoted(option.description)}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

/** What a command's arguments may be, where that is known. */
function argumentsOf(command: Command): readonly string[] {
  return command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
}

function flagsOf(command: Command): string[] {
  return [...command.options.flatMap(flagsIn), "--help"];
}

function flagsIn(option: Option): string[] {
  return [option.long, option.short].filter((flag) => flag !== undefined);
}

function takesFile(option: Option): boolean {
  return /[<[]file[>\]]/.test(option.flags);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
