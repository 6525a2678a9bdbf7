//! `count STACK VARIANT WORK N`: N requests in process, for counting tools.
//!
//! ```sh
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     --toggle-collect='gateway_bench::wire::Wire::run' count hyper gateway plaintext 1000
//! ```
//!
//! counts the instructions of N requests on a warm connection, the client's in memory among them: the
//! same for both variants.

use std::error::Error;

use gateway_bench::{Target, Wire, Work};

const USAGE: &str = "usage: count hyper|axum|actix|bridge native|gateway WORK N";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [stack, variant, work, count] = args.as_slice() else {
        return Err(USAGE.into());
    };
    let work: Work = work.parse()?;
    let target = Target::new(stack.parse()?, variant.parse()?, work);
    Wire::new(&target, work.request(0))?.run(count.parse()?)?;
    Ok(())
}
