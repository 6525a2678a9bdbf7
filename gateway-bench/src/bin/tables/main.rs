//! `tables FILE..`: makes FIGURES.md from the rows that `figures.sh` wrote.

mod aims;
mod machine;
mod results;

use std::error::Error;

use results::{Results, number};

const STACKS: [&str; 4] = ["hyper", "axum", "actix", "bridge"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut results = Results::default();
    for file in std::env::args().skip(1) {
        results.read(&std::fs::read_to_string(file)?)?;
    }
    println!("# Figures\n");
    println!(
        "Look at ratios and differences first, because absolute numbers depend on the machine. \
         `native` is a workload\nwritten by hand for the stack, `gateway` the same workload as an \
         app. Both are in one build, send the same bytes\n(a test compares them), and run on one \
         thread in one run, in turn. `bridge` is one axum `Router`: native on\nhyper, and gateway as \
         an app in actix-web, in the app's own future, without a task or a channel.\n"
    );
    println!("## Aims\n");
    aims::print(&results);
    println!("\n## Instructions per request\n");
    println!(
        "A small keep-alive request on a warm connection in memory, under callgrind. The client's \
         instructions are\nincluded, the same on both sides. The placement of code changes a figure by \
         about 190.\n"
    );
    ratios(&results, "instructions");
    println!("\n## Heap allocations per request\n");
    println!("The numbers are exact. `gateway-bench/tests/allocations.rs` asserts them.\n");
    ratios(&results, "allocations");
    println!("\n## Requests per second\n");
    println!(
        "Medians over loopback with 32 connections, with wrk, and for the echo with h2load.\n"
    );
    ratios(&results, "requests");
    println!(
        "\nThe server's processor time for each request, in nanoseconds, with the kernel's part:\n"
    );
    ratios(&results, "request-cpu");
    println!("\n## Streams\n");
    println!(
        "1 GiB down in chunks of 64 KiB, and 1 GiB up, which is counted. Medians in MiB per second.\n"
    );
    ratios(&results, "rate");
    println!(
        "\nThe server's processor time for the stream, in microseconds, with the kernel's part:\n"
    );
    ratios(&results, "stream-cpu");
    println!("\nThe peak memory of the process (`VmHWM`), in KiB:\n");
    ratios(&results, "peak");
    println!("\n## Connections\n");
    println!("Memory of the process (`VmRSS`) for each of 10 000 idle connections, in bytes:\n");
    ratios(&results, "idle");
    println!("\nFor each of 1 000 slow readers of a 1 GiB stream:\n");
    ratios(&results, "slow");
    println!("\n## Upgraded streams\n");
    println!(
        "Memory of the process (`VmRSS`) for each of 5 000 open WebSockets behind one message, in bytes. \
         `native` is\ntokio-tungstenite over hyper's upgrade, and actix-ws, with their own settings; `tuned` is \
         tokio-tungstenite with\nthe buffers of `gateway_util::websocket`.\n"
    );
    sockets(&results);
    println!(
        "\nThat 1 GiB both ways through one stream takes no more memory than 16 MiB do is shown by \
         `extras/endurance/run`."
    );
    println!("\n## Mounts\n");
    println!("Instructions of a dispatch, with the request and the response around it:\n");
    mounts(&results);
    println!("\n## Where the cost is\n");
    println!("{}", include_str!("remarks.md").trim_end());
    println!("\n## The machine\n");
    machine::print();
    println!("\n## How to repeat\n");
    println!(
        "```sh\ngateway-bench/figures.sh                        # everything, about ten minutes\n\
         gateway-bench/figures.sh instructions write     # a step, and this file\n\
         cargo bench -p gateway-bench                    # in process: time, and instructions\n```\n\n\
         Some steps need valgrind, wrk or h2load. Throughput needs a quiet machine; instructions, \
         allocations and\nmemory do not."
    );
    Ok(())
}

/// Every workload on every stack, in both variants.
fn ratios(results: &Results, kind: &str) {
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
                number(gateway - native),
                number(native),
                number(gateway)
            );
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
