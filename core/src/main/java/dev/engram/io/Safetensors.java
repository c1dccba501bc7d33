package dev.engram.io;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.MemoryOrder;
import dev.engram.ir.runtime.NativeMemory;
import dev.engram.ir.runtime.NoMemoryError;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * The content of one <a href="https://github.com/huggingface/safetensors">safetensors</a> file:
 * named tensors and string metadata.
 *
 * <pre>
 *   8 bytes   N, the length of the header, little-endian
 *   N bytes   {"name":{"dtype":"F32","shape":[64,128],"data_offsets":[0,32768]}, ...}
 *   the rest  the tensors' elements, row-major, little-endian
 * </pre>
 *
 * @param metadata free text by key, in the order of the file
 * @param entries the tensors, in the order of the header
 */
public record Safetensors(Map<String, String> metadata, List<Entry> entries) {
  /** The format's own limit, in bytes. */
  private static final long MAX_HEADER = 100_000_000;

  private static final long ALIGNMENT = 64;
  private static final long CHUNK = 1 << 30;

  /**
   * Checks that names are unique.
   *
   * @throws IllegalArgumentException for a repeated or reserved name
   */
  public Safetensors {
    Given.all("Safetensors", "metadata", metadata);
    Given.all("Safetensors", "entries", entries);
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    entries = List.copyOf(entries);
    Set<String> names = new HashSet<>();
    for (Entry entry : entries) {
      if (!names.add(entry.name)) {
        throw new IllegalArgumentException("two tensors have the name \"" + entry.name + "\"");
      }
    }
  }

  /**
   * One tensor.
   *
   * <p>A file of a later version may have element types that are not known here; such tensors are
   * read and written as plain bytes.
   */
  public static final class Entry {
    private final String name;
    private final String dtype;
    private final long[] shape;
    private final MemorySegment data;

    /** Whose elements these are. */
    private Optional<HostTensor> source = Optional.empty();

    /**
     * Checks the parts against each other.
     *
     * @param name unique in the file, such as {@code rnn.layers.0.Wz.weight}
     * @param dtype the format's name of the element type: BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0,
     *     I16, U16, F16, BF16, I32, U32, F32, I64, U64, F64 or C64
     * @param shape the sizes; empty for a scalar
     * @param data exactly the elements, row-major and little-endian
     * @throws IllegalArgumentException for another dtype, a negative size, a reserved name, or data
     *     whose length does not match dtype and shape
     */
    public Entry(String name, String dtype, long[] shape, MemorySegment data) {
      Given.given("Entry", "name", name);
      Given.given("Entry", "dtype", dtype);
      Given.given("Entry", "shape", shape);
      Given.given("Entry", "data", data);
      this.name = name;
      this.dtype = dtype;
      this.shape = shape.clone();
      this.data = data;
      if (name.equals(SafetensorsHeader.METADATA)) {
        throw new IllegalArgumentException("the name " + name + " is reserved by the format");
      }
      ElementType type =
          ElementType.named(dtype)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          this + " has an unknown dtype, expected one of " + ElementType.names()));
      long expected =
          type.bytesOf(shape)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          this + " has a negative size or more than 2^63 bytes"));
      if (data.byteSize() != expected) {
        throw new IllegalArgumentException(
            this + " needs " + expected + " bytes, got " + data.byteSize());
      }
    }

    /** An entry of a file, of any element type; the header has been checked. */
    private Entry(SafetensorsHeader.Slot slot, MemorySegment data) {
      this.name = slot.name();
      this.dtype = slot.type();
      this.shape = slot.shape();
      this.data = data;
    }

    /** Names a tensor, without copying it. */
    public static Entry of(String name, HostTensor tensor) {
      Given.given("Entry.of", "tensor", tensor);
      TensorType type = tensor.type();
      long[] shape = type.shape().dims().stream().mapToLong(Integer::longValue).toArray();
      Entry e = new Entry(name, type.dtype().name(), shape, tensor.segment());
      e.source = Optional.of(tensor);
      return e;
    }

    /**
     * Returns this entry as a tensor that shares its memory, but for machines that are big endian.
     *
     * @throws TypeException when tensors do not support the element type or the length of an axis,
     *     or when a BOOL is neither 0 nor 1
     */
    public HostTensor tensor() {
      if (source.isPresent()) {
        return source.get();
      }
      DType type =
          Arrays.stream(DType.values())
              .filter(known -> known.name().equals(dtype))
              .findFirst()
              .orElseThrow(
                  () ->
                      new TypeException(
                          this
                              + " has an element type without tensors, expected one of "
                              + Arrays.toString(DType.values())));
      if (Arrays.stream(shape).anyMatch(size -> size > Integer.MAX_VALUE)) {
        throw new TypeException(this + " has an axis longer than 2^31 - 1");
      }
      for (long i = 0; type == DType.BOOL && i < data.byteSize(); i++) {
        byte value = data.get(ValueLayout.JAVA_BYTE, i);
        if (value != 0 && value != 1) {
          throw new TypeException(this + ": element " + i + " is " + value + ", expected 0 or 1");
        }
      }
      int[] dims = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
      return HostTensor.wrap(
          TensorType.of(type, dims), MemoryOrder.littleEndian(data, type.bytes()));
    }

    /** Unique in the file. */
    public String name() {
      return name;
    }

    /** The format's name of the element type. */
    public String dtype() {
      return dtype;
    }

    /** A copy of the sizes. */
    public long[] shape() {
      return shape.clone();
    }

    /** The elements, row-major and little-endian. */
    public MemorySegment data() {
      return source.map(t -> MemoryOrder.littleEndian(t.segment(), t.dtype().bytes())).orElse(data);
    }

    @Override
    public String toString() {
      return "tensor \"" + name + "\": " + dtype + Arrays.toString(shape);
    }
  }

  /**
   * The tensor called {@code name}.
   *
   * @throws NoSuchElementException listing the names that exist
   */
  public Entry entry(String name) {
    Given.given("Safetensors.entry", "name", name);
    return entries.stream()
        .filter(entry -> entry.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new NoSuchElementException(
                    "no tensor \""
                        + name
                        + "\"; there are "
                        + entries.stream().map(Entry::name).toList()));
  }

  /**
   * Reads a file. Each entry's data is read-only native memory, aligned to 64 bytes, that is freed
   * when no one refers to it any more. Nothing is allocated before the header has been checked
   * against the size of the file, so a corrupt length cannot ask for more memory than the file has.
   *
   * @throws FormatException naming the file, the tensor, what was found and what was expected
   * @throws IOException when the file cannot be read
   * @throws OutOfMemoryError when there is no memory for a tensor of it
   */
  public static Safetensors read(Path file) throws IOException {
    Given.given("Safetensors.read", "file", file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw new FormatException(
            "has " + size + " bytes, expected at least 8 for the header length");
      }
      ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, 0, prefix);
      long headerBytes = prefix.getLong(0);
      if (headerBytes < 0 || headerBytes > Math.min(MAX_HEADER, size - 8)) {
        throw new FormatException(
            String.format(
                "the header length is %s bytes, expected at most %d in a file of %d bytes",
                Long.toUnsignedString(headerBytes), Math.min(MAX_HEADER, size - 8), size));
      }
      ByteBuffer json = ByteBuffer.allocate((int) headerBytes);
      readFully(channel, 8, json);
      long dataStart = 8 + headerBytes;
      SafetensorsHeader header = SafetensorsHeader.parse(json.flip(), size - dataStart);
      List<Entry> entries = new ArrayList<>();
      for (SafetensorsHeader.Slot slot : header.slots()) {
        MemorySegment data = readData(channel, dataStart + slot.begin(), slot.end() - slot.begin());
        entries.add(new Entry(slot, data));
      }
      return new Safetensors(header.metadata(), entries);
    } catch (FormatException e) {
      throw new FormatException(file, e.getMessage());
    } catch (NoMemoryError full) {
      throw full.asking("a tensor of " + file);
    } catch (NoSuchFileException e) {
      throw new IOException("cannot read " + file + ": there is no such file", e);
    } catch (IOException e) {
      String reason = Files.isDirectory(file) ? "it is a folder" : FileErrors.reason(e);
      throw new IOException("cannot read " + file + ": " + reason, e);
    }
  }

  /**
   * Writes the file as a whole or not at all. Tensors with wide elements come first in the data
   * area, so that every tensor is aligned to its elements; the header keeps the order of {@link
   * #entries}.
   *
   * @throws IOException naming the file and the reason
   */
  public void write(Path file) throws IOException {
    Given.given("Safetensors.write", "file", file);
    List<Entry> byWidth = new ArrayList<>(entries);
    byWidth.sort(Comparator.comparingInt(entry -> -ElementType.width(entry.dtype)));
    Map<String, Long> begins = new LinkedHashMap<>();
    long end = 0;
    for (Entry entry : byWidth) {
      begins.put(entry.name, end);
      end += entry.data.byteSize();
    }
    byte[] header = new SafetensorsHeader(metadata, slots(begins)).encode();
    if (header.length > MAX_HEADER) {
      throw new IllegalArgumentException("the header exceeds the format's limit of 100 MB");
    }
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, prefix.putLong(0, header.length));
          writeFully(channel, ByteBuffer.wrap(header));
          for (Entry entry : byWidth) {
            writeData(channel, entry.data());
          }
        });
  }

  private List<SafetensorsHeader.Slot> slots(Map<String, Long> begins) {
    List<SafetensorsHeader.Slot> slots = new ArrayList<>();
    for (Entry entry : entries) {
      long begin = begins.get(entry.name);
      slots.add(
          new SafetensorsHeader.Slot(
              entry.name, entry.dtype, entry.shape, begin, begin + entry.data.byteSize()));
    }
    return slots;
  }

  private static MemorySegment readData(FileChannel channel, long position, long bytes)
      throws IOException {
    MemorySegment data = NativeMemory.allocate(bytes, ALIGNMENT);
    for (long at = 0; at < bytes; at += CHUNK) {
      MemorySegment chunk = data.asSlice(at, Math.min(CHUNK, bytes - at));
      readFully(channel, position + at, chunk.asByteBuffer());
    }
    return data.asReadOnly();
  }

  private static void readFully(FileChannel channel, long position, ByteBuffer into)
      throws IOException {
    while (into.hasRemaining()) {
      int count = channel.read(into, position + into.position());
      if (count < 0) {
        throw new FormatException("the file became shorter while it was read");
      }
    }
  }

  private static void writeData(FileChannel channel, MemorySegment data) throws IOException {
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      MemorySegment chunk = data.asSlice(at, Math.min(CHUNK, data.byteSize() - at));
      if (!chunk.isNative()) {
        // A float[] has no view as a byte buffer.
        chunk = NativeMemory.allocate(chunk.byteSize(), 1).copyFrom(chunk);
      }
      writeFully(channel, chunk.asByteBuffer());
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      channel.write(from);
    }
  }
}
