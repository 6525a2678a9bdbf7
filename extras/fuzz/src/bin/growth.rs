//! `growth`: names the rows. `growth ROW UNIT BYTES`: reads so much of it once, for who counts.

use fuzz::growth::ROWS;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap_or(0));
    let (row, unit, bytes) = (arguments.next(), arguments.next(), arguments.next());
    let Some(row) = row else {
        for row in ROWS {
            println!("{}\t{}", row.field, row.units.join("\t"));
        }
        return;
    };
    let row = &ROWS[row];
    let unit = row.units[unit.unwrap_or(0)];
    (row.read)(&unit.repeat(bytes.unwrap_or(0) / unit.len()));
}
