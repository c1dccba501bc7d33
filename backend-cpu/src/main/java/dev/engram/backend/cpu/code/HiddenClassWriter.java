package dev.engram.backend.cpu.code;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Writes a hidden class: names, constants that are objects, loops. */
public final class HiddenClassWriter {
  public static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  static final ClassDesc LAYOUT = ClassDesc.of("java.lang.foreign.ValueLayout");

  private static final Class<?> NATIVE = Arena.global().allocate(64).getClass();
  private static final ClassDesc ILLEGAL = ClassDesc.of("java.lang.IllegalStateException");

  /** HotSpot never compiles methods of 8000 bytes or more; generated ones stay well below. */
  public static final int METHOD_BUDGET = 6000;

  public final ClassDesc self;
  private final List<Object> held = new ArrayList<>();

  public HiddenClassWriter(String name) {
    self = ClassDesc.of(HiddenClassWriter.class.getPackageName(), name);
  }

  /**
   * Returns the descriptor by which generated code refers to a class of the backend, which must be
   * public.
   */
  public static ClassDesc desc(Class<?> c) {
    return c.describeConstable().orElseThrow();
  }

  /** Adds {@code object} itself as a constant of the class. */
  public ConstantDesc constant(Object object, ClassDesc type) {
    int at = held.indexOf(object);
    if (at < 0) {
      at = held.size();
      held.add(object);
    }
    return DynamicConstantDesc.ofNamed(
        ConstantDescs.ofConstantBootstrap(
            ClassDesc.of("java.lang.invoke.MethodHandles"),
            "classDataAt",
            ConstantDescs.CD_Object,
            ConstantDescs.CD_int),
        ConstantDescs.DEFAULT_NAME,
        type,
        at);
  }

  /**
   * Emits a cast that tells the JIT a segment's class, so that accesses are inlined without a type
   * profile.
   */
  public void expectNative(CodeBuilder c, int local) {
    Label ok = c.newLabel();
    c.aload(local);
    c.invokevirtual(ConstantDescs.CD_Object, "getClass", MethodTypeDesc.of(ConstantDescs.CD_Class));
    c.loadConstant(constant(NATIVE, ConstantDescs.CD_Class)).if_acmpeq(ok);
    c.new_(ILLEGAL).dup();
    c.invokespecial(ILLEGAL, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).athrow();
    c.labelBinding(ok);
  }

  /** Returns the bytes of a class with an empty constructor. */
  public byte[] write(ClassDesc implemented, Consumer<ClassBuilder> methods) {
    return ClassFile.of()
        .build(
            self,
            cb -> {
              cb.withVersion(ClassFile.JAVA_25_VERSION, 0)
                  .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                  .withInterfaceSymbols(implemented);
              cb.withMethodBody(
                  ConstantDescs.INIT_NAME,
                  ConstantDescs.MTD_void,
                  0,
                  c ->
                      c.aload(0)
                          .invokespecial(
                              ConstantDescs.CD_Object,
                              ConstantDescs.INIT_NAME,
                              ConstantDescs.MTD_void)
                          .return_());
              methods.accept(cb);
            });
  }

  /** Defines the class and returns an instance. */
  public <T> T instantiate(byte[] bytes, Class<T> type) {
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.lookup().defineHiddenClassWithClassData(bytes, List.copyOf(held), true);
      return type.cast(lookup.lookupClass().getDeclaredConstructor().newInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("generated class " + self.displayName(), e);
    }
  }

  /** A part of a method, which emits its code. */
  @FunctionalInterface
  public interface Part {
    void emit();
  }

  /** Emits {@code for (int slot = from; slot < limit; slot += step) body}. */
  public static void loop(
      CodeBuilder c, int slot, Part pushFrom, Part pushLimit, int step, Part body) {
    Label head = c.newLabel();
    Label done = c.newLabel();
    pushFrom.emit();
    c.istore(slot);
    c.labelBinding(head);
    c.iload(slot);
    pushLimit.emit();
    c.if_icmpge(done);
    body.emit();
    c.iinc(slot, step);
    c.goto_(head);
    c.labelBinding(done);
  }

  /** Returns the bytes of bytecode of the class's largest method. */
  public static int largestMethod(byte[] bytes) {
    int most = 0;
    for (MethodModel m : ClassFile.of().parse(bytes).methods()) {
      int size = m.findAttribute(Attributes.code()).map(CodeAttribute::codeLength).orElse(0);
      most = Math.max(most, size);
    }
    return most;
  }
}
