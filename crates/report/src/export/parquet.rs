use super::{Cell, Kind, Lines, Lost, Sheet};
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::record::Field;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// Why a table could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the format says.
    #[error("Parquet: {0}")]
    Format(#[from] parquet::errors::ParquetError),
    /// It is another table.
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// Adds the rows of a table that holds a file line by line, whoever wrote it.
pub fn lines(file: File, into: &mut Lines) -> Result<(), Error> {
    let reader = SerializedFileReader::new(file)?;
    for row in reader.get_row_iter(None)? {
        let (mut number, mut content) = (None, None);
        for (name, field) in row?.into_columns() {
            match (name.as_str(), field) {
                ("line_number", Field::Long(n)) => number = Some(n),
                ("line_number", Field::Int(n)) => number = Some(n.into()),
                ("content", Field::Str(text)) => content = Some(text),
                _ => {}
            }
        }
        into.push(number, content)?;
    }
    Ok(())
}

/// Rows of one group: what is held in memory at a time.
const GROUP: usize = 65_536;

impl Sheet<'_> {
    /// Writes columns, compressed with Snappy, which every reader of Parquet knows. What is not known is null.
    pub fn parquet<W: Write + Send>(mut self, out: W) -> Result<(), Error> {
        let schema = Arc::new(parse_message_type(&self.schema())?);
        // No version of a library in the file: the same rows give the same bytes.
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by("vires".to_owned());
        let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
        loop {
            let rows: Vec<Vec<Cell<'_>>> = self.rows.by_ref().take(GROUP).collect();
            if rows.is_empty() {
                break;
            }
            let mut group = file.next_row_group()?;
            for (number, (_, kind)) in self.columns.iter().enumerate() {
                let cells = || rows.iter().filter_map(|row| row.get(number));
                column(&mut group, *kind, cells)?;
            }
            group.close()?;
        }
        file.close()?;
        Ok(())
    }

    fn schema(&self) -> String {
        let field = |(name, kind): &(&str, Kind)| {
            let (before, after) = match kind {
                Kind::Text => ("binary", " (STRING)"),
                Kind::Whole => ("int64", ""),
                Kind::Number => ("double", ""),
                Kind::Flag => ("boolean", ""),
                Kind::Moment => ("int64", " (TIMESTAMP(MILLIS,true))"),
                Kind::Day => ("int32", " (DATE)"),
            };
            format!("optional {before} {name}{after};\n")
        };
        format!("message {} {{\n{}}}\n", self.name, self.columns.iter().map(field).collect::<String>())
    }
}

fn column<'c, 'a: 'c, I: Iterator<Item = &'c Cell<'a>>, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    kind: Kind,
    cells: impl Fn() -> I,
) -> Result<(), Error> {
    let Some(mut writer) = group.next_column()? else { return Ok(()) };
    match kind {
        Kind::Text => put::<ByteArrayType>(
            &mut writer,
            cells().map(|cell| match cell {
                Cell::Text(text) => Some(ByteArray::from(text.as_ref())),
                _ => None,
            }),
        ),
        Kind::Number => put::<DoubleType>(
            &mut writer,
            cells().map(|cell| match cell {
                Cell::Number(number) => Some(*number),
                _ => None,
            }),
        ),
        Kind::Flag => put::<BoolType>(
            &mut writer,
            cells().map(|cell| match cell {
                Cell::Flag(flag) => Some(*flag),
                _ => None,
            }),
        ),
        Kind::Day => put::<Int32Type>(
            &mut writer,
            cells().map(|cell| match cell {
                Cell::Day(day) => Some(*day),
                _ => None,
            }),
        ),
        Kind::Whole | Kind::Moment => put::<Int64Type>(
            &mut writer,
            cells().map(|cell| match cell {
                Cell::Whole(number) | Cell::Moment(number) => Some(*number),
                _ => None,
            }),
        ),
    }?;
    Ok(writer.close()?)
}

fn put<T: DataType>(writer: &mut SerializedColumnWriter<'_>, cells: impl Iterator<Item = Option<T::T>>) -> Result<(), Error> {
    let (mut values, mut known) = (Vec::new(), Vec::new());
    for cell in cells {
        known.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    writer.typed::<T>().write_batch(&values, Some(&known), None)?;
    Ok(())
}
