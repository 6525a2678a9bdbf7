//! Describes the machine on which the figures were measured.

use std::fs;
use std::process::Command;

/// Prints the processor, the kernel and the compiler: no names, no paths.
pub(crate) fn print() {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = || cpus.lines().filter(|line| line.starts_with("model name"));
    let model = models().next().and_then(|line| line.split(": ").nth(1));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let version: String = kernel
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == '.')
        .collect();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    println!("- processor: {}", model.unwrap_or("unknown").trim());
    println!("- cores: {}", models().count());
    println!("- kernel: Linux {version}");
    println!(
        "- compiler: {}, profile `release`",
        rustc.unwrap_or_default().trim()
    );
}
