//! `tables FILE..`: makes FIGURES.md from the rows that `figures.sh` wrote.

mod aims;
mod before;
mod hosts;
mod machine;
mod plain;
mod results;

use std::error::Error;

use aims::short;
use results::{Results, number};

const STACKS: [&str; 4] = ["hyper", "axum", "actix", "bridge"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut results = Results::default();
    for file in std::env::args().skip(1) {
        results.read(&std::fs::read_to_string(file)?)?;
    }
    println!("# Figures\n");
    println!(
        "Look at ratios first, because absolute numbers depend on the machine. `native` is a workload written \
         by hand for\nthe stack, `gateway` the same workload as an app. Both are in one build, send the same \
         bytes (a test compares\nthem), and run on one thread in one run, in turn: native first in odd turns, \
         gateway first in even ones. A figure\nof several turns is the median, with the quartiles in brackets. \
         A ratio is that of the medians, with the quartiles\nof the ratios of the turns in brackets. `axum` is \
         a handler nested below a prefix, beside an app nested there.\n`bridge` is one axum `Router`: native on \
         hyper, and gateway as an app in actix-web.\n"
    );
    println!("## One request\n");
    println!(
        "Microseconds of processor time for a request that is answered with 13 bytes, with the kernel's part.\n"
    );
    plain::print(&results);
    println!("\n## Aims\n");
    println!("A time meets its aim if its ratio is at most 0.01 above it.\n");
    aims::print(&results);
    hosts::print_lines(&results);
    println!("\n## Processor time of a request\n");
    println!(
        "In nanoseconds, of the server, with the kernel's part, over loopback with 32 connections.\n"
    );
    measured(&results, "request-cpu");
    println!("\n## Instructions of a request\n");
    println!(
        "A small keep-alive request on a warm connection in memory, under callgrind. The client's \
         instructions are\nincluded, the same on both sides. The placement of code changes a figure by \
         about 190.\n"
    );
    exact(&results, "instructions");
    println!("\n## Atomic operations of a request\n");
    println!(
        "Instructions that read, modify and write memory atomically, under callgrind, on the same connection. \
         `WHERE=1\ngateway-bench/figures.sh atomics` says where they are.\n"
    );
    exact(&results, "atomics");
    println!("\n## System calls of a request\n");
    println!("Of requests one at a time on a kept connection, under strace.\n");
    exact(&results, "syscalls");
    println!("\n## Heap allocations of a request\n");
    println!("`gateway-bench/tests/allocations.rs` asserts them.\n");
    exact(&results, "allocations");
    println!("\n## Requests per second\n");
    println!(
        "Over loopback with 32 connections, with wrk, and for the echo with h2load. The client needs a core \
         of its own.\n"
    );
    measured(&results, "requests");
    println!("\n## Whole servers with workers\n");
    println!(
        "`gateway` is `adapter_hyper::Server`, `hyper` the loop that hyper's documentation recommends on tokio's \
         runtime with\nso many threads, `actix` actix-web's own server. 64 connections, 13 bytes. Requests per \
         second, and nanoseconds of\nprocessor time of a request:\n"
    );
    workers(&results);
    println!("\n## Other hosts\n");
    hosts::print(&results);
    println!("\n## Streams\n");
    println!("1 GiB down in chunks of 64 KiB, and 1 GiB up, which is counted. MiB per second:\n");
    measured(&results, "rate");
    println!("\nThe server's processor time for the stream, in microseconds:\n");
    measured(&results, "stream-cpu");
    println!("\nThe peak memory of the process (`VmHWM`), in KiB:\n");
    measured(&results, "peak");
    println!("\n## Connections\n");
    println!("Memory of the process (`VmRSS`) for each of 10 000 idle connections, in bytes:\n");
    measured(&results, "idle");
    println!("\nFor each of 1 000 slow readers of a 1 GiB stream:\n");
    measured(&results, "slow");
    println!("\n## Upgraded streams\n");
    println!(
        "The server's processor time for a message of so many bytes and its echo, in nanoseconds, one message \
         after the\nother. `bytes` is a stream of bytes beside one by hand: hyper's upgrade, and in actix-web a \
         task that reads the\npayload and sends through a channel to a streamed body. `websocket` is \
         `gateway_util::websocket` beside\ntokio-tungstenite on hyper, and beside actix-ws.\n"
    );
    measured(&results, "messages");
    println!(
        "\nMemory of the process (`VmRSS`) for each of 5 000 open WebSockets behind one message, in bytes. \
         `tuned` is\ntokio-tungstenite with the buffers of `gateway_util::websocket`; `native` has its library's \
         own settings.\n"
    );
    sockets(&results);
    println!(
        "\nThat 1 GiB both ways through one stream takes no more memory than 16 MiB do is shown by \
         `extras/endurance/run`."
    );
    println!("\n## Mounts\n");
    println!("Instructions of a dispatch, with the request and the response around it:\n");
    mounts(&results);
    println!("\n## Since before the core was redrawn\n");
    println!(
        "Instructions of a request through the gateway; the aim is at most 200 more. The change is that beside a \
         native\nhandler, because the placement of the server's own code moves both. `without` is the core of \
         today without what was\nasked for since: the judgement of each head, observers, switches of protocols, \
         extensions of responses, the turn after\nan unread body, starts that a restart makes stale, shutdown, \
         the parameters of routes, and on actix what follows on a\nconnection that has ended. \
         `gateway-bench/figures.sh parts` cuts them out of a copy, and counts.\n"
    );
    before::print(&results);
    println!("\n## Where the cost is\n");
    println!("{}", include_str!("remarks.md").trim_end());
    println!("\n## The machine\n");
    machine::print();
    println!("\n## How to repeat\n");
    println!(
        "```sh\ngateway-bench/figures.sh                        # everything, about twenty minutes\n\
         gateway-bench/figures.sh instructions write     # a step, and this file\n\
         cargo bench -p gateway-bench                    # in process: time, and instructions\n```\n\n\
         The head of the script says what it needs. Times need a quiet machine; instructions, atomic \
         operations, system\ncalls, allocations and memory do not."
    );
    Ok(())
}

/// Every workload on every stack, in both variants, of several turns.
fn measured(results: &Results, kind: &str) {
    println!("| work | stack | ratio | difference | native | gateway |");
    println!("|---|---|---|---|---|---|");
    for work in results.works(kind) {
        for stack in STACKS {
            let Some(beside) = results.beside(kind, stack, work) else {
                continue;
            };
            println!(
                "| {work} | {stack} | {} | {} | {} | {} |",
                beside.ratio_text(),
                number(beside.gateway.median - beside.native.median),
                beside.native,
                beside.gateway
            );
        }
    }
}

/// The same, of what is counted.
fn exact(results: &Results, kind: &str) {
    println!("| work | stack | ratio | difference | native | gateway |");
    println!("|---|---|---|---|---|---|");
    for work in results.works(kind) {
        for stack in STACKS {
            let Some((native, gateway)) = results.pair(kind, stack, work) else {
                continue;
            };
            println!(
                "| {work} | {stack} | {:.2} | {} | {} | {} |",
                gateway / native,
                short(gateway - native),
                short(native),
                short(gateway)
            );
        }
    }
}

fn workers(results: &Results) {
    println!("| workers | server | requests per second | nanoseconds |");
    println!("|---|---|---|---|");
    for count in results.works("workers") {
        for server in ["gateway", "hyper", "actix"] {
            let of = |kind| results.spread(kind, "server", count, server);
            if let Some((rate, time)) = of("workers").zip(of("workers-cpu")) {
                println!("| {count} | {server} | {rate} | {time} |");
            }
        }
    }
}

fn sockets(results: &Results) {
    println!("| stack | native | tuned | gateway |");
    println!("|---|---|---|---|");
    for stack in STACKS {
        let value = |variant| results.value("sockets", stack, "websocket", variant);
        let Some((native, gateway)) = value("native").zip(value("gateway")) else {
            continue;
        };
        let tuned = value("tuned").map_or("-".to_owned(), number);
        println!(
            "| {stack} | {} | {tuned} | {} |",
            number(native),
            number(gateway)
        );
    }
}

fn mounts(results: &Results) {
    println!("| mounts | instructions | more than with one |");
    println!("|---|---|---|");
    let one = results.value("mounts", "core", "1", "gateway");
    for mounts in results.works("mounts") {
        let many = results.value("mounts", "core", mounts, "gateway");
        if let (Some(one), Some(many)) = (one, many) {
            println!("| {mounts} | {} | {} |", number(many), number(many - one));
        }
    }
}
