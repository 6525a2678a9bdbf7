//! `count STACK VARIANT WORK N`: N requests in process, for counting tools.
//!
//! ```sh
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     --toggle-collect='gateway_bench::*::run' count hyper gateway plaintext 1000
//! ```
//!
//! counts the instructions of N requests on a warm connection, those of the client in memory among
//! them, which are the same for both variants. `count mounts MOUNTS N` is N dispatches among MOUNTS
//! mounts.

use std::error::Error;

use gateway_bench::{Site, Target, Wire, Work};

const USAGE: &str = "usage: count hyper|axum|actix|bridge native|gateway|free WORK N\n\
                     or:    count mounts MOUNTS N";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["mounts", mounts, count] => {
            let count = count.parse()?;
            if Site::new(mounts.parse()?).run(count) != count {
                return Err("a mount was not found".into());
            }
        }
        [stack, variant, work, count] => {
            let work: Work = work.parse()?;
            let target = Target::new(stack.parse()?, variant.parse()?, work);
            Wire::new(&target, work.request(0))?.run(count.parse()?)?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
